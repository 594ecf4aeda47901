-- Three window probes while 4345 stays unacknowledged; then the peer's window opens, two segments are sent, and a
-- timeout is put in for them (synthetic: no recording has one there). It is of the same snd_una, but of another kind:
-- a chain of its own. Nothing was acknowledged before the first probe, so there may have been others before the
-- capture: their places are not known.
SELECT event, round(t, 6) AS t, kind, chain, chain_position AS place FROM rto_events ORDER BY event
