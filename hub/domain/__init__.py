"""The decision core: pure functions over frozen values. No I/O, no clock, no framework, no logging.

Read in this order, a quarter of an hour in all:

1. `events` - what can happen; `case` - what the hub knows of one person.
2. `decide` - one event and one case in, a new case and all that must follow out.
3. `facts` - how each event changes what is known; `episode` - how movements become stays.
4. `follow` - what should be true now (referrals, tasks, timers), compared with what is.
5. `permit` - whether a referral may leave, at an instant, with every reason against it.
6. `directory`, `referral`, `content` - where to, in which states, saying what.
"""
