-- What a client asked of the OAuth endpoints that refused it, what it was answered, and the id under which the journal has what ended.
ALTER TABLE refused_request ADD COLUMN flow TEXT;
ALTER TABLE refused_request ADD COLUMN answer TEXT;
ALTER TABLE refused_request ADD COLUMN about BYTEA;
