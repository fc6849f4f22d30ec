// Package transfer brings a tree of files from a Source into a local directory.
//
// What it promises: a nil error of Fetch means that the source proved to have
// named and sent everything it was asked for, and that all of it is in the
// directory, or was there already. A file gets its name once all of it is here
// and its hash is the source's, where the source has one. No local file is
// overwritten but an older copy that an earlier Fetch from the same source
// wrote, unless Force is set. Whatever is left out is named. Nothing is written
// before the list came to its proven end and the disk is known to have room; of a file
// no more is written than was listed. Two Fetches never write to one
// directory at the same time. A stream that is lost is opened again; what had
// arrived stays, to the byte where the source can hash what it has, also for a
// Fetch in a later process.
//
// What it does not promise: that the tree as a whole stood still while it was
// read; each file is as it was at one moment, or named as growing, or left out.
//
// How it goes: list what the source has; decide about each entry by what is here
// (plan); bring what must come, in requests of many files, over several streams
// side by side; make the links; give the directories their times. A Source that
// cannot list sends everything in one pass, under the same rules.
//
// It knows neither clusters nor screens: a Source says where bytes come from, a
// Reporter is told how far they got.
package transfer
