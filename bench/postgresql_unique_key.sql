-- The pool as a table of what is held only: a plate is free when it does not stand there, and the primary key keeps
-- it from standing there twice.
--
-- Why this is stronger than locking rows of plates: the table is small and its pages stay in the cache, a draw is
-- one INSERT that passes over what is held (ON CONFLICT DO NOTHING) and one DELETE, and nothing is locked that is
-- not taken. Ids are inserted in order, so that two draws that meet wait for each other at most once. The price, which
-- is not measured: draws from a pool that is nearly empty need another way. The rest is as in the other form.
CREATE TABLE held (plate int PRIMARY KEY, application int NOT NULL, deadline timestamptz NOT NULL);
CREATE TABLE application (
  id int PRIMARY KEY, draw int NOT NULL DEFAULT 0, plates int[] NOT NULL DEFAULT '{}', deadline timestamptz
) WITH (fillfactor = 50);
ALTER DATABASE unique_key SET peer.plates = :plates;

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
    WITH taken AS (
      INSERT INTO held
      SELECT 1 + floor(random() * plates_max)::int AS id, who, until
      FROM generate_series(1, 10 - cardinality(batch)) ORDER BY id
      ON CONFLICT DO NOTHING RETURNING plate
    )
    SELECT array_agg(plate) INTO more FROM taken;
    batch := batch || more;
    EXIT WHEN cardinality(batch) = 10;
  END LOOP;
  IF cardinality(batch) < 10 THEN
    RAISE 'fewer than ten are free';
  END IF;
  DELETE FROM held WHERE plate = ANY (last.plates);
  UPDATE application SET draw = number, plates = batch, deadline = until WHERE id = who;
  RETURN batch;
END $$;
