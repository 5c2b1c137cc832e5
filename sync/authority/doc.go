// Package authority decides who may do what, as a pure function of the set of control ops: no clock, no order of arrival,
// no state of its own. Two replicas with the same ops agree on every answer.
//
// Vocabulary:
//   - control op: an op that changes who may do what, in the team's control log or in the log of one private scope.
//   - a → b: a lies in b's causal past, by the deps that authors cite and the order within a feed. A fact of the graph.
//   - grant: a role given to one user by a genesis, grant, admit or council.owner op. A user's role is their strongest live
//     grant.
//   - proof: the grant that an op relies on; basis: the same once found. For an admission it is the inviter's.
//   - measure: how strong a grant is: its class, department, and among owners the seniority.
//   - removal: a revoke, leave or council.owner op. It hits grants; a live grant is one that is valid and not hit.
//   - certificate: an op that says whose a device is: genesis, admit, device.link. Its depth counts the links from the root.
//   - bound: an op passes every check that no later op can change. valid: it also passes those that can.
//   - pending: part of an op's past is missing. It has no effect until that arrives.
//
// The rules are those of protocol.md, section 3, and keep their numbers:
//
//  1. Grant: owner → any; admin → head and below; head and department admin → below themselves, in the subtree of their
//     department. Departments, places and house rules are for owners and admins. The departments that count for an op e are
//     those of all valid org.dept ops that do not follow e, folded in the order (lamport, opid) as a tree with moves: what
//     would close a circle is skipped, and a department that ends hands over to the one named, else to the one above.
//  2. A revocation r hits grant g if the subject is the same, r's proof strictly outranks g (owners: strictly senior), and
//     not r → g. Of a grant by admission the invitation must follow r: an older link does not bring anybody back. A freeze is
//     a revocation that is meant to be undone by a grant after it (R16).
//  3. Leave is always valid and hits only grants in its own past. An owner's grant it does not hit where the device that
//     wrote it was signed out: a thief must not be able to end a team.
//  4. An op is valid iff it is bound, its proof is valid, and no valid removal hits its basis unless the op → the removal.
//     Concurrent counts as after: removal wins. What a removal of the basis has in its past is sealed: a leave or device
//     revocation of the same person that the removal does not know cannot undo it.
//  5. One pass: founding, the council and the root; devices by seniority; leaves; then ops by rising measure of their basis,
//     cancellations first, ties by (lamport, opid). Everything that decides about an op relies on strictly stronger
//     authority, so the answer is unique and backdating gains nothing.
//  6. Admins cannot remove admins; of two owners the senior wins, always. Only leaving and the council remove the founder.
//     The council is K of N keys fixed in the genesis. It ranks above every owner and does one thing: it puts an owner at the
//     top and takes what another person holds. Its signatures name their place in the log, so no act counts twice.
//  7. A device speaks for a person by a certificate in the op's past: from the root at depth 1, or by a link at one more than
//     the linking device. A device is signed out by itself, by the root's signature, by a senior device (less depth; of equal
//     depth below 1 the older certificate; those at depth 1 cannot sign out each other, because their place in the log is
//     their own choice), or by a grant. What a device does is void unless it precedes that; so is what was linked after it. A
//     revocation by a grant takes from the device what that outranks, and the device is signed out once it outranks all that
//     its person holds, apart from what was granted after it. Signing out is for good; a device comes back with new keys.
//  8. An admission is authorised by the invitation's author and gives the invitation's role. Of too many admissions the
//     first by (lamport, opid) count. The invitation expires by the admission's own clock. It is cancelled by its author or by
//     a stronger grant, for admissions that do not precede that.
//  9. A private scope has its own log and the same rules, its founder at rank 0. A member counts while active in the team.
//     What somebody removed from the team wrote in the scope's log beyond their cut-off has no effect.
//
// Content cut-offs. An op of content counts up to the lowest limit of the removals of its person or device:
//   - A removal's limits are those it names itself and those of the valid cut ops that name it, in a private scope also of the
//     valid scope.cut ops. By whoever holds at least Member; rule 4 says what becomes of the words of people removed later.
//   - removed, frozen, leave: the highest that was said of a feed, so that work done in good faith stays. compromised: the
//     lowest, of those by the revoker and by admins.
//   - Where something was said of a scope, feeds of which nothing was said count for nothing while the person or device has no
//     access. Where nothing was said, nobody who knows has spoken yet, and there is no limit.
//   - Who comes back goes on in feeds that were not named; named ones stay cut.
//   - For the scope's own log the limits come from bound scope.cut ops of people who are active, or were removed later and are
//     within their own limit: removals are looked at from the last to the first.
//
// Further invariants:
//   - An op whose clock is not above everything in its past is void. Nothing else but expiry reads a clock.
//   - A feed with two ops in one place counts up to there; the genesis always counts.
//   - Ops of unknown type take part in the causal order and do nothing.
//   - An evaluation op by op gives what one from scratch gives. An op is judged again only if something that decides about it
//     changed; states share what they have in common.
//   - The cost is near linear in the number of ops, also for hostile ones, as long as the log keeps the incarnations of a
//     device few; payloads, deps, members and cuts are bounded.
//   - Encodings are for good; testdata holds vectors that never change.
//
// Known limits: who has an invitation's secret can claim an early place among its admissions and displace somebody, so a
// replica lets a stranger in only by an invitation that InviteState.Open allows. Who forks their own feed voids what they
// did after the fork, also what they gave to others, and makes everybody evaluate from scratch. A colluding member can raise
// a cut-off, that is, attribute new text to somebody removed. A device that an admin signed out keeps its say over what its
// person is granted later above that admin; it does not get to know of it. Without a council nobody can remove a founder who
// turns rogue; the members found the team anew.
//
// It serves R2, R17 and R18 (devices), R14 (acts are bound to account and device), R16 (freezing), R20 and R21 (人离权消: who
// leaves has no access), R25 to R27 (the roles and departments), R31 (least privilege), R139 and R140 (who did what, and who
// gave which right), R143 and R144 (house rules).
package authority
