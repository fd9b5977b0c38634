-- The pool as a table of plates, drawn with FOR UPDATE SKIP LOCKED: what is told to those who ask how.
--
-- Why this is a strong form of it: random ids are looked up by the primary key, so a draw touches ten rows and not
-- the table, as ORDER BY random() would; ids that are held or being drawn are passed over without waiting, and drawn
-- anew; no index contains what a draw changes and each page has room, so every update stays on its page (HOT). What
-- is held also stands in the application's row, so the last batch is given back without a search. One call is one
-- round trip and one transaction, and its statements are planned once a connection.
CREATE TABLE plate (id int PRIMARY KEY, application int, deadline timestamptz) WITH (fillfactor = 60);
INSERT INTO plate SELECT generate_series(1, :plates);
CREATE TABLE application (
  id int PRIMARY KEY, draw int NOT NULL DEFAULT 0, plates int[] NOT NULL DEFAULT '{}', deadline timestamptz
) WITH (fillfactor = 50);
ALTER DATABASE skip_locked SET peer.plates = :plates;

CREATE FUNCTION draw(who int, number int) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
  plates_max CONSTANT int := current_setting('peer.plates');
  until CONSTANT timestamptz := clock_timestamp() + interval '1 hour';
  last application%ROWTYPE;
  batch int[] := '{}';
  more int[];
BEGIN
  SELECT * INTO STRICT last FROM application WHERE id = who FOR UPDATE;
  IF last.draw = number THEN
    RETURN last.plates;
  ELSIF last.draw <> number - 1 THEN
    RAISE 'wrong draw number % after %', number, last.draw;
  END IF;
  FOR tries IN 1..1000 LOOP
    WITH free AS (
      SELECT id FROM plate
      WHERE id = ANY (ARRAY(SELECT 1 + floor(random() * plates_max)::int
                            FROM generate_series(1, 12 - cardinality(batch))))
        AND application IS NULL
      LIMIT 10 - cardinality(batch)
      FOR NO KEY UPDATE SKIP LOCKED
    ), taken AS (
      UPDATE plate SET application = who, deadline = until FROM free WHERE plate.id = free.id RETURNING plate.id
    )
    SELECT array_agg(id) INTO more FROM taken;
    batch := batch || more;
    EXIT WHEN cardinality(batch) = 10;
  END LOOP;
  IF cardinality(batch) < 10 THEN
    RAISE 'fewer than ten are free';
  END IF;
  UPDATE plate SET application = NULL, deadline = NULL WHERE id = ANY (last.plates);
  UPDATE application SET draw = number, plates = batch, deadline = until WHERE id = who;
  RETURN batch;
END $$;

-- What is held, by plate: who has it.
CREATE VIEW held AS SELECT id AS plate, application FROM plate WHERE application IS NOT NULL;
VACUUM ANALYZE plate;
