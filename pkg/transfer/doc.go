// Package transfer copies a tree of files from a Source to a local directory.
//
// What it promises:
//   - A nil error of Fetch means that the source has proved that it named and sent
//     everything that was requested, and that all of it is in the directory.
//   - A file gets its name when it is complete and its hash is that of the source, if the
//     source has one.
//   - A local file is only overwritten if an earlier Fetch from the same source wrote it, or
//     if Force is set.
//   - Every entry that is not copied is reported.
//   - Nothing is written before the list is proven to be complete and the disk has enough
//     space. No more of a file is written than was listed.
//   - Two Fetches never write to the same directory at the same time.
//   - A stream that is lost is opened again. Complete files are not sent again. If the
//     source can hash its files, a partial file is resumed at its last byte, also by a
//     later process.
//
// What it does not promise: a consistent state of the whole tree. Each file has the state of
// one moment, or is reported as growing, or is not copied.
//
// The steps: list the source; decide about each entry by the local files (plan); request
// the content, many files in a request, over several parallel streams; create the links;
// set the times of the directories. A Source that cannot list sends everything in one
// pass, under the same rules.
//
// The package knows neither clusters nor terminals: a Source provides the bytes, and a
// Reporter receives the progress.
package transfer
