# `slowlab compare`, `run --repeat`, `sweep` and `break`.

compare-title = { $scenario } ({ $engine }, seed { $seeds }{ $runs ->
    [1] {""}
   *[other] , medians of { $runs } runs
})
compare-first = first
compare-second = second
compare-metric = metric
compare-difference = difference
compare-bound = bound
compare-verdict-ok = ok
compare-verdict-spread = spread
compare-verdict-beyond = BEYOND
compare-noise = noise
compare-more-than-noise = more than noise
compare-bound-or = { $share } or { $close }
compare-alone = { $variants }: only one of the two runs has { $count ->
    [one] it
   *[other] them
}
compare-summary = { $within } within their bounds, { $spread ->
    [0] { $beyond } beyond
   *[other] { $spread } no further off than the first side's own runs (spread), { $beyond } beyond
}, { $shown } without a bound, { $unknown } known to one side only
compare-other-text = note: the two runs are not of the same scenario text; only variants of the same name are compared

compare-page-title = { $first } and { $second }
compare-page-nothing = Nothing that has a bound is known to both sides
compare-page-within = { $judged ->
    [one] The one metric that has a bound lies within it
   *[other] All { $judged } metrics that have a bound lie within it
}
compare-page-beyond = { $beyond } of { $judged } metrics lie beyond their bounds
compare-page-sides = A is { $first }, B is { $second }. All pictures of this page have the same axes.
compare-page-several = Curves are of all requests of all runs of a side; pictures over time show the first run of each.
compare-page-of-rows = Runs of which no rows were kept have no pictures.
compare-page-more = { $left ->
    [one] One more variant has no picture here; it is in the table.
   *[other] { $left } more variants have no picture here; they are in the table.
}
compare-page-held = Who held the workers, and what failed
compare-page-differs = What differs
compare-page-differs-nothing = No metric lies beyond its bound, and none differs by more than noise.
compare-page-all = Every metric

repeats-interval = 95 % interval
repeats-median = median
repeats-least = least
repeats-most = most
repeats-few = intervals need { $enough } runs or more; these are { $runs }
repeats-file = repeats

sweep-table = table: { $path }
sweep-charts = charts: { $path }
sweep-resumed = { $known } of { $all } points are measured already
sweep-interrupted = interrupted: { $known } of { $all } points are measured; the same command goes on with the rest
sweep-thinned = the charts show every { $stride }. value of `{ $key }`; the table has all
sweep-merge = a shard: `slowlab sweep --merge` puts the folders of all of them together, this one is { $path }
sweep-exported = { $shards } shards; begin with { $path }

break-tried = { $setting }: holds with { $held } of { $of } seeds ({ $measured })
break-from = `{ $until }` from { $all } on, with each of { $seeds } seeds
break-band = `{ $until }` with each of { $seeds } seeds from { $all } on, with none up to { $none }; in between it depends on the seed
break-no-control = inconclusive: the condition holds at { $low } already, the low end: { $measured }
break-not-reached = inconclusive: `{ $until }` does not hold with any seed up to { $none }: { $measured }
break-not-reached-by-all = inconclusive: `{ $until }` does not hold with all seeds up to { $high }; with none up to { $none }: { $measured }
break-not-monotonic = inconclusive: more of the key mends what less of it broke: at { $beyond } it does not hold with all seeds: { $measured }
break-hint-lower = hint: begin lower, or ask for something that is not so without load
break-hint-higher = hint: a higher end
break-hint-sweep = hint: `slowlab sweep` shows the whole curve
break-lab-agrees = lab agrees at { $setting }: { $measured }
break-lab-disagrees = lab disagrees at { $setting }: { $measured }
