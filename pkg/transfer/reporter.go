package transfer

// Progress is how far an attempt got. What is here already counts as well.
type Progress struct {
	Files int64 // files and links that are done
	Bytes int64 // bytes of content
	Path  string
	// Attempt counts from 1; Files and Bytes begin anew with each.
	Attempt int
}

// Reporter is told of progress, often and from one goroutine; how often that is
// shown is the screen's business.
type Reporter interface {
	Report(Progress)
}

// silence is the Reporter of those who want none.
type silence struct{}

func (silence) Report(Progress) {}
