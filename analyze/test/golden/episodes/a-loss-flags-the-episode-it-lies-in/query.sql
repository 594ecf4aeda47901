-- Events of CPU 0 were lost between 4750.337693 and 4750.338911 (the line is synthetic, the kernel's form): inside
-- Recovery, which lasts from 4750.336497 to 4750.416434. The runs before it and behind it lost nothing.
-- What the state was before the first change is not known: the connection may have begun before the capture.
SELECT episode, ca_state, round(start_s, 6) AS start_s, crosses_gap FROM episodes ORDER BY episode
