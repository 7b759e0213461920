"""The decision core: pure functions over frozen values. No I/O, no clock, no framework, no logging.

Read in this order, half an hour in all:

1. `events` - what can happen; `case` - what the hub knows of one person.
2. `decide` - one event and one case in, a new case and all that must follow out.
3. `facts` - how each event changes what is known; `episode` - how movements become stays.
4. `follow` - what should be true now, compared with what is: `offers` (new referrals, release
   notices) and `review` (those that exist), `duties` (tasks, timers, the archive).
5. `permit` - whether a message may leave, at an instant: the `grounds` against it, and who was
   entitled to agree (`entitlement`).
6. `directory`, `referral`, `content`, `messages` - where to, in which states, saying what.
"""
