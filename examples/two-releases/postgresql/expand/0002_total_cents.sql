-- A column without a default is a change of the catalogue alone, whatever the table's size.
ALTER TABLE orders ADD COLUMN total_cents bigint;

-- Whichever of the two somebody writes, the other follows: old and new application run beside each other.
CREATE FUNCTION orders_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.total_cents IS NOT NULL
    OR TG_OP = 'UPDATE' AND NEW.total_cents IS DISTINCT FROM OLD.total_cents
  THEN
    NEW.total := NEW.total_cents / 100.0;
  ELSE
    NEW.total_cents := round(NEW.total * 100);
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER orders_totals BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_totals();
