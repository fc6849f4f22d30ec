// Package gitignore chooses files by globs with the meaning that they have in a
// .gitignore.
//
// What it promises: a List matches what the same lines in a .gitignore at the
// root of the tree would make git ignore. A pattern without a slash matches at
// any depth; one with a slash, other than at its end, is anchored at the root; a
// slash at the end matches directories only; ** stands for any number of
// directories; ! takes back what an earlier pattern matched, the last one that
// matches decides; and a directory that matches covers everything below it, so
// that nothing in it can be taken back.
//
// Where it differs: patterns are arguments and no lines of a file, so # and
// spaces mean themselves; ? and classes match characters and not bytes; a ** that
// is not a whole name always means *, as git's documentation says; and what git
// silently never matches (an open bracket, an empty pattern, ./a) is refused.
package gitignore
