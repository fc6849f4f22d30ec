// Package transfer brings a tree of files from a Source into a local directory.
//
// What it promises: a nil error of Fetch means that the source proved to have
// sent everything it was asked for, and that all of it is in the directory, or
// was there already. No local file is overwritten but an older copy that an
// earlier Fetch from the same source wrote, unless Force is set. Whatever is
// left out is named. A stream that is lost is opened again; what had arrived
// whole stays and is not written again, also by a Fetch in a later process.
//
// What it does not promise: that the tree stood still while it was read (the
// Source says so where it notices), and going on in the middle of a file.
//
// It knows neither clusters nor screens: a Source says where bytes come from, a
// Reporter is told how far they got.
package transfer
