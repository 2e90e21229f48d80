-- Whichever of the two somebody writes, the other follows: old and new application run beside each other.
CREATE TRIGGER orders_totals_new BEFORE INSERT ON orders FOR EACH ROW
BEGIN
  IF NEW.total_cents IS NOT NULL THEN
    SET NEW.total = NEW.total_cents / 100;
  ELSE
    SET NEW.total_cents = ROUND(NEW.total * 100);
  END IF;
END;
CREATE TRIGGER orders_totals_changed BEFORE UPDATE ON orders FOR EACH ROW
BEGIN
  IF NOT NEW.total_cents <=> OLD.total_cents THEN
    SET NEW.total = NEW.total_cents / 100;
  ELSE
    SET NEW.total_cents = ROUND(NEW.total * 100);
  END IF;
END;
