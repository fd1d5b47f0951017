-- What somebody looked at or did on the staff pages stays written down as it was.

CREATE TRIGGER audit_only_grows BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'an audit line stays as it was written');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'an audit line is kept');
END;

CREATE INDEX audit_by_user ON audit (hall_id, user, seq);
CREATE INDEX audit_by_action ON audit (hall_id, action, seq);
