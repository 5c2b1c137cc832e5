// Package authority decides who may do what, as a pure function of the set of control ops: no clock, no order of arrival,
// no state of its own. Two replicas with the same ops agree on every answer.
//
// Vocabulary:
//   - control op: an op that changes who may do what, in the team's control log or in the log of one private scope.
//   - a → b: a lies in b's causal past, by the deps that authors cite and the order within a feed. A fact of the graph.
//   - grant: a role given to one user by a genesis, grant or admit op. A user's role is their strongest live grant.
//   - proof: the grant that an op relies on; basis: the same once found. For an admission it is the inviter's.
//   - measure: how strong a grant is: its class, department, and among owners the seniority.
//   - removal: a revoke or leave op. It hits grants; a live grant is one that is valid and not hit.
//   - bound: an op passes every check that no later op can change. valid: it also passes those that can.
//   - pending: part of an op's past is missing. It has no effect until that arrives.
//
// The rules are those of protocol.md, section 3, and keep their numbers:
//
//  1. Grant: owner → any; admin → head and below; head and department admin → below themselves, in their own department.
//     A department is the one named in the grant, not its subtree: what is below it is not in the control log.
//     A head can give and take member and guest roles that name the department; others are out of reach.
//  2. A revocation r hits grant g if the subject is the same, r's proof strictly outranks g (owners: strictly senior), and
//     not r → g. Of a grant by admission the invitation must follow r: an older link does not bring anybody back.
//  3. Leave is always valid and hits only grants in its own past.
//  4. An op is valid iff it is bound, its proof is valid, and no valid removal hits its basis unless the op → the removal.
//     Concurrent counts as after: removal wins.
//  5. One pass: founding, leaves, then ops by rising measure of their basis, ties by (lamport, opid). Everything that
//     decides about an op relies on strictly stronger authority, so the answer is unique and backdating gains nothing.
//  6. Admins cannot remove admins; of two owners the senior wins, always. Only leaving removes the founder.
//  8. An admission is authorised by the invitation's author and gives the invitation's role. Of too many admissions the
//     first by (lamport, opid) count. The invitation expires by the admission's own clock.
//  9. A private scope has its own log and the same rules, its founder at rank 0. A member counts while active in the team.
//
// Further invariants:
//   - An op whose clock is not above everything in its past is void. Nothing else but expiry reads a clock.
//   - A feed with two ops in one place counts up to there; the genesis always counts.
//   - Ops of unknown type take part in the causal order and do nothing.
//   - The cost is near linear in the number of ops, also for hostile ones, as long as the log keeps the incarnations of a
//     device few; payloads, deps, members and cuts are bounded.
//   - Encodings are for good; testdata holds vectors that never change.
//
// Known limits: who has an invitation's secret can claim an early place among its admissions and displace somebody, so a
// replica lets a stranger in only by an invitation that InviteState.Open allows. Who forks their own feed voids what they
// did after the fork, also what they gave to others.
//
// It serves R14 (acts are bound to account and device), R20 and R21 (人离权消: who leaves has no access), R25 (the roles),
// R31 (least privilege) and R140 (who gave which right is traceable).
package authority
