#!/bin/sh
# How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, seconds: of 500 readings the one that took least time.
exec perl -MTime::HiRes=clock_gettime,CLOCK_REALTIME,CLOCK_MONOTONIC -e '
  for (1 .. 500) {
    my $before = clock_gettime(CLOCK_MONOTONIC);
    my $real = clock_gettime(CLOCK_REALTIME);
    my $after = clock_gettime(CLOCK_MONOTONIC);
    next if defined $least && $after - $before >= $least;
    $least = $after - $before;
    $ahead = $real - ($before + $after) / 2;
  }
  printf "%.6f\n", $ahead;'
