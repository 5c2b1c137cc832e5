package rules

// typeSet is the one op behind this room. It is a control op: package authority defines and judges it, and its encoding is
// pinned there as well as here.
const typeSet = "rule.set/1"
