/* The offer protocol: what the store's functions do with legs, offers, holdings and timers, and what services and people
 * may do around them. Each function of services/lib/state/functions is one atomic step, as Redis runs it; everything else
 * may be interleaved, repeated, late, or cut off by a crash.
 *
 * Two experts of capacity one, two legs (one of each of two sessions), two bridges that route, two tickers, which may crash
 * anywhere, desks that answer whatever they have ever been shown, as often as they like, and agents who give up when they
 * like.
 *
 * Proven: I1 use is the number of holdings and never more than the capacity; I2 an offer has one outcome, and who was told
 * that he has accepted has; I3 a leg that has not ended has its timer; I4 a leg that has ended holds nobody;
 * nobody is asked twice for a leg.
 *
 * With one of FAULT_* defined the protocol has that fault, and the model must refute it: see run. */

#define LEGS 2
#define EXPERTS 2

mtype = { routing, offering, talking, ended };
mtype = { none, open, accepted, refused };  /* refused: declined, timed out or canceled, which is the same to all others */

typedef Leg {
  mtype state = routing;
  byte offered = 0;          /* to whom the open offer went; an expert is asked once, so he names the offer */
  bool timer = true;
  mtype outcome[EXPERTS] = none;
  bool holds[EXPERTS] = false;
};

Leg leg[LEGS];
byte use[EXPERTS] = 0;

/* A leg's version grows with every change, and callers say which one they have read. All that matters is whether it is still
 * that one: of which leg each caller knows the present version; LEGS: of none. */
#define CALLERS 4
byte knows[CALLERS] = LEGS;
inline changed(l) {
  d_step {
    if :: knows[0] == l -> knows[0] = LEGS :: else fi;
    if :: knows[1] == l -> knows[1] = LEGS :: else fi;
    if :: knows[2] == l -> knows[2] = LEGS :: else fi;
    if :: knows[3] == l -> knows[3] = LEGS :: else fi
  }
}

/* I2: an outcome is written once, so who has heard that he accepted goes on being right. */
inline close(l, e, how) {
  assert(leg[l].outcome[e] == open);
  leg[l].outcome[e] = how
}

/* The functions -------------------------------------------------------------------------------------------------------- */

inline release(l, e) {
#ifdef FAULT_RELEASE_TWICE
  leg[l].holds[e] = false;
  use[e]--;
#else
  if
  :: leg[l].holds[e] -> leg[l].holds[e] = false; use[e]--
  :: else
  fi
#endif
}

#ifdef FAULT_NO_VERSION
#define UNCHANGED(l) true
#else
#define UNCHANGED(l) (knows[_pid] == l)
#endif
#ifdef FAULT_NO_CAPACITY
#define FREE(e) true
#else
#define FREE(e) (use[e] == 0)
#endif

/* reserve: the decision was made on the leg as the caller read it. */
inline reserve(l, e) {
  atomic {
    if
    :: leg[l].state == routing && UNCHANGED(l) && FREE(e) ->
       assert(leg[l].outcome[e] == none);  /* nobody is asked twice */
       leg[l].holds[e] = true;
       use[e]++;
       leg[l].outcome[e] = open;
       leg[l].offered = e;
       leg[l].state = offering;
       changed(l);
       leg[l].timer = true
    :: else
    fi
  }
}

/* Default routing, when the decision found nobody whom to ask. */
inline default_route(l) {
  atomic {
    if
    :: leg[l].state == routing && knows[_pid] == l -> leg[l].state = ended; changed(l); leg[l].timer = false
    :: else
    fi
  }
}

/* answer: looks at that offer's outcome and the leg's state only; whoever comes late hears the outcome that is stored. */
inline answer(l, e, said) {
  atomic {
    if
#ifdef FAULT_LATE_ACCEPT
    :: leg[l].state != ended && said == accepted ->
       close(l, e, accepted); leg[l].state = talking; changed(l)
    :: said != accepted && leg[l].outcome[e] == open && leg[l].state == offering ->
#else
    :: leg[l].outcome[e] == open && leg[l].state == offering ->
#endif
       close(l, e, said);
       changed(l);
       if
       :: said == accepted -> leg[l].state = talking
       :: else -> release(l, e); leg[l].state = routing
       fi
    :: else
    fi
  }
}

/* tick, for a timer that was read with the leg. */
inline fire(l) {
  atomic {
    if
    :: knows[_pid] == l && leg[l].state == offering ->
       close(l, leg[l].offered, refused);
       release(l, leg[l].offered);
       leg[l].state = routing;
       changed(l);
       leg[l].timer = true
    :: knows[_pid] == l && leg[l].state == talking ->  /* the longest time that a leg may last */
       release(l, leg[l].offered);
       leg[l].state = ended;
       changed(l);
       leg[l].timer = false
    :: else  /* a leg that is routing has its timer set anew: it is routed again */
    fi
  }
}

inline end_leg(l) {
  atomic {
    if
    :: leg[l].state == ended
    :: else ->
       if
       :: leg[l].state == offering -> close(l, leg[l].offered, refused)
       :: else
       fi
       release(l, 0);
       release(l, 1);
       leg[l].state = ended;
       changed(l);
       leg[l].timer = false
    fi
  }
}

/* Who calls them ------------------------------------------------------------------------------------------------------- */

/* Between what it reads and what it does a caller may be late, or die and be started again. One that dies after a call
 * leaves what was done, like one whose answer is lost: somebody reads the leg again. */
inline may_die() {
  if
  :: true
  :: goto reborn
  fi
}

active [2] proctype Bridge() {
  byte l, e;
  end: do
  :: atomic {
       if
       :: leg[0].state == routing -> l = 0
       :: leg[1].state == routing -> l = 1
       fi;
       knows[_pid] = l;
       if
       :: leg[l].outcome[0] == none -> e = 0
       :: leg[l].outcome[1] == none -> e = 1
       :: leg[l].outcome[0] != none && leg[l].outcome[1] != none -> e = EXPERTS
       fi
     };
     may_die();
     atomic {
       if
       :: e < EXPERTS -> reserve(l, e)
       :: else -> default_route(l)
       fi;
reborn:
       l = 0; e = 0; knows[_pid] = LEGS
     }
  od
}

active [2] proctype Ticker() {
  byte l;
  end: do
  :: atomic {
       if
       :: leg[0].timer && (leg[0].state == offering || leg[0].state == talking) -> l = 0
       :: leg[1].timer && (leg[1].state == offering || leg[1].state == talking) -> l = 1
       fi;
       knows[_pid] = l
#ifdef FAULT_POP_FIRST
       ; leg[l].timer = false
#endif
     };
     may_die();
     atomic {
       fire(l);
reborn:
       l = 0; knows[_pid] = LEGS
     }
  od
}

/* The desk of one expert: answers whatever was ever offered to him, whenever it arrives, as often as it likes. It keeps
 * nothing, so that sending and doing are one step. */
active [EXPERTS] proctype Desk() {
  byte e = _pid - 4;
  byte l;
  mtype said = none;
  end: do
  :: atomic {
       if
       :: leg[0].outcome[e] != none -> l = 0
       :: leg[1].outcome[e] != none -> l = 1
       fi;
       if
       :: said = accepted
       :: said = refused
       :: said = none  /* he overlooks it */
       fi;
       if
       :: said != none -> answer(l, e, said)
       :: else
       fi;
       l = 0; said = none
     }
  od
}

/* The agent of one leg may give up at any time, and again, as he did not hear the answer. */
active [LEGS] proctype Agent() {
  byte l = _pid - 6;
  end: do
  :: end_leg(l)
  od
}

/* What always holds --------------------------------------------------------------------------------------------------------- */

#define USE(e) (use[e] == leg[0].holds[e] + leg[1].holds[e])

ltl safe {
  [] (USE(0) && USE(1) && use[0] <= 1 && use[1] <= 1 &&
      (leg[0].state == ended || leg[0].timer) && (leg[1].state == ended || leg[1].timer) &&
      (leg[0].state != ended || (!leg[0].holds[0] && !leg[0].holds[1])) &&
      (leg[1].state != ended || (!leg[1].holds[0] && !leg[1].holds[1])) &&
      (leg[0].state != talking || leg[0].holds[leg[0].offered]) &&
      (leg[1].state != talking || leg[1].holds[leg[1].offered]))
}
