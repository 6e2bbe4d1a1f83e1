-- What an organisation or a person has ended, for the lists of it.
CREATE INDEX personal_token_ended ON personal_token (person, revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX organisation_token_ended ON organisation_token (organisation, revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX organisation_key_ended ON organisation_key (organisation, revoked_at) WHERE revoked_at IS NOT NULL;
