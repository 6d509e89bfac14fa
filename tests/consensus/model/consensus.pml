/* Consensus at one height: Tendermint (Buchman, Kwon, Milosevic, arXiv:1807.04938), Algorithm 1,
 * whose line numbers stand below. Four validators, one of them Byzantine, rounds 0 ... ROUNDS-1,
 * values 0 and 1. README.md says what the model leaves out and why; check.sh runs the searches. */

#ifndef ROUNDS
#define ROUNDS 3
#endif
#ifndef BYZANTINE
#define BYZANTINE 1
#endif
#ifndef QUORUM
#define QUORUM 3 /* floor(2 * 4 / 3) + 1 */
#endif
#define CORRECT (4 - BYZANTINE)

#define PROPOSE 0
#define PREVOTE 1
#define PRECOMMIT 2
#define NONE 7

/* Votes that correct validators have sent, a bit each, at [2 * round + value]. They are the network:
 * a validator looks at them when it likes. Nil votes are not kept: they only start timers. */
byte prevotes[2 * ROUNDS];
byte precommits[2 * ROUNDS];

/* Byzantine validators have voted for everything, towards whoever likes to see it. */
#define senders(votes) ((votes & 1) + ((votes >> 1) & 1) + ((votes >> 2) & 1) + BYZANTINE)
#define has_quorum(votes) (senders(votes) >= QUORUM)
#define prevoted(r, v) has_quorum(prevotes[2 * (r) + v])
#define committed(r, v) has_quorum(precommits[2 * (r) + v])
#define or_committed(r, v) || (ROUNDS > r && committed(r % ROUNDS, v))
#define decidable(v) \
  (committed(0, v) or_committed(1, v) or_committed(2, v) or_committed(3, v) or_committed(4, v))

/* The locking rules, and what becomes of the protocol without them. */
#ifdef NO_PROOF
#define proven(r, v) true
#else
#define proven(r, v) prevoted(r, v)
#endif
#ifdef NO_LOCK
#define lock_allows(v, valid_round) true
#else
#define lock_allows(v, valid_round) \
  (locked_round == NONE || locked_value == v || (valid_round != NONE && locked_round <= valid_round))
#endif

/* ORDERED: all are at the same step of the same round and act in turn; the first prevote is for
 * value 0; nil prevotes only where the lock demands them. README.md says why this loses nothing. */
#ifdef ORDERED
byte turn;
#define my_turn (turn == _pid)
#define end_turn turn = (turn + 1) % CORRECT
#define may_skip (step == PRECOMMIT)
#define may_be_silent false
#define may_propose(v) (v == 0 || round > 0 || _pid > 0)
#else
#define my_turn true
#define end_turn skip
#define may_skip true
#define may_be_silent true
#define may_propose(v) true
#endif

/* Whoever proposes may be Byzantine: any value, to each validator another one. valid_round is NONE
 * or has a proof of lock. */
inline receive_proposal() {
  if
  :: may_propose(0) -> v = 0
  :: may_propose(1) -> v = 1
  fi;
  if
  :: valid_round = NONE
  :: round > 0 && proven(0, v) -> valid_round = 0
  :: round > 1 && proven(1, v) -> valid_round = 1
  :: round > 2 && proven(2, v) -> valid_round = 2
  :: round > 3 && proven(3, v) -> valid_round = 3
  fi
}

/* Runs that must be possible, searched for by denying them. */
#if WITNESS == 1 /* a decision in round 0 */
#define witness committed(0, 0)
#elif WITNESS == 2 /* one locks in round 0, which decides nothing; round 1 decides */
#define witness (precommits[0] && !committed(0, 0) && committed(1, 0))
#elif WITNESS == 3 /* one locks value 0 in round 0, lets go by a proof of round 1, decides value 1 */
#define witness ((precommits[0] & prevotes[5] & ~precommits[3]) && committed(2, 1))
#endif

#define send(votes) votes[2 * round + v] = votes[2 * round + v] | (1 << _pid)

/* No other value has a quorum of prevotes in this round (Lemma 3), and none that may have been
 * decided in an earlier one (Lemma 4). */
inline check_lock() {
#ifndef UNCHECKED_LOCKS
  assert(!prevoted(round, 1 - v));
  earlier = 0;
  do
  :: earlier < round -> assert(!committed(earlier, 1 - v)); earlier++
  :: else -> break
  od;
  earlier = 0
#else
  skip
#endif
}

/* Agreement. Who looks at the votes now may decide (line 49), in any round. */
inline check_decisions() {
  assert(!(decidable(0) && decidable(1)));
#ifdef WITNESS
  assert(!witness)
#endif
}

active [CORRECT] proctype Validator() {
  byte round = 0;
  byte step = PROPOSE;
  byte locked_value = NONE;
  byte locked_round = NONE;
  byte v = 0;
  byte valid_round = 0;
  byte earlier = 0;

end:
  do
  :: atomic { /* lines 22 and 28: prevote the proposal, else nil */
       step == PROPOSE && my_turn ->
       receive_proposal();
       if
       :: lock_allows(v, valid_round) -> send(prevotes)
       :: else
       fi;
       step = PREVOTE;
       end_turn;
       v = 0;
       valid_round = 0
     }
  :: atomic { /* line 57: timeout, prevote nil */
       step == PROPOSE && may_be_silent -> step = PREVOTE
     }
  :: atomic { /* line 36: lock and precommit */
       step == PREVOTE && my_turn && (prevoted(round, 0) || prevoted(round, 1)) ->
       if
       :: prevoted(round, 0) -> v = 0
       :: prevoted(round, 1) -> v = 1
       fi;
       locked_value = v;
       locked_round = round;
       send(precommits);
       step = PRECOMMIT;
       end_turn;
       check_lock();
       check_decisions();
       v = 0
     }
  :: atomic { /* lines 44 and 61: precommit nil */
       step == PREVOTE && my_turn -> step = PRECOMMIT; end_turn
     }
  :: atomic { /* lines 55 and 65: timeout, or others are ahead */
       round < ROUNDS - 1 && may_skip && my_turn -> round++; step = PROPOSE
     }
  od
}
