-- What the company's own server has proved of the visitor: JSON, an object of texts; NULL for nothing.
ALTER TABLE chat ADD COLUMN verified TEXT;

-- Each browser's right to be a visitor. `generation` is the newest of its tokens that counts as shown, first at `since`. A badge
-- that is not here was taken away, or nobody came with it for so long that its tokens have expired.
CREATE TABLE badge (
    id TEXT PRIMARY KEY,
    visitor TEXT NOT NULL,
    since REAL NOT NULL,
    generation INTEGER NOT NULL,
    verified TEXT
) STRICT;

CREATE INDEX badge_of_visitor ON badge (visitor);
CREATE INDEX badge_since ON badge (since);
