CREATE TABLE lines (id serial PRIMARY KEY, what text NOT NULL);
