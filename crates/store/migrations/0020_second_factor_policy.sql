-- Whether an organisation lets only those members in who prove who they are with a second factor, too.
ALTER TABLE organisation ADD COLUMN second_factor_required BIGINT NOT NULL DEFAULT 0;
