-- The kernel says between the second and the third record that it lost 7.
SELECT capture, after_ord, lost, cause, round(from_s, 6) AS from_s, round(to_s, 6) AS to_s, known_by FROM losses
