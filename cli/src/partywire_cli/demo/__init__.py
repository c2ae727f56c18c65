"""Four hospitals fit one classifier on all their patient records, and show them to nobody.

Every hospital sums up its own records, shares the sums by Shamir secret sharing, and the normal
equations of a ridge regression over all records are solved on the shares (`protocol` says how).

What is promised: up to t of the n hospitals (1 of 4) that put together all they saw learn nothing
beyond what is opened, as long as all of them follow the protocol, until some of them crash
(semi-honest security with crashes). One that sends wrong shares may spoil the result; where an
opening contradicts itself, that is noticed. The others go on without a hospital that crashes, or
say that too few are left; no two of them come to different results.

What is opened, to all of them:

- the coefficients, as exact fractions. They are what was asked for, and exact, so that they can be
  compared with a plain computation to the last digit. But exact fractions say more than their
  first decimals: their common denominator divides the determinant of the pooled matrix, and with
  lattice reduction one may find integer combinations of the pooled sums. What they can give away
  ends there: they depend on the sums over all hospitals together and on nothing else, so not on
  which hospital gave what. Who minds rounds on the shares before opening, and loses exactness;
- how many records there are in all, and how many of them the classifier gets right;
- a matrix that is uniformly random whatever the records are (see `protocol`).

The files: `field`, `shamir`, `matrices` (mathematics), `records` (the data), `regression` (what is
fitted), `sharing` and `protocol` (the computation over partywire), `groups`, `endings`, `computing`
(what these need), `part` (what one hospital does), `hospitals` and `simulated` (run all of them, in
real time and on a bad network), `processes` (runs each in a process of its own, with `deployment`,
`security`, `launching`, `reports`, `hearing` and `interrupts`; that process is `hospital`),
`venues` (the choice of these), `traffic`, `watching`, `circumstances`, `report`, `saying`,
`options`, `asked` and `command` (what is asked and shown).
"""
