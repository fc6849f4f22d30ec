package s3

import "fmt"

// mostEmpty is the maximum number of empty pages of a list in a row.
const mostEmpty = 100

// paging detects a list without an end, by a page that occurs twice.
type paging struct {
	bucket string
	// tokens are the tokens of all pages and their first entries.
	tokens map[string]struct{}
	empty  int
}

func newPaging(bucket string) *paging { return &paging{bucket: bucket, tokens: map[string]struct{}{}} }

// check records a page: the token of the next one, "" if there is none, and the first entry. It returns an error if
// a page occurs twice or too many pages are empty.
func (p *paging) check(token, firstEntry string) error {
	if firstEntry != "" {
		p.empty = 0
	} else if p.empty++; p.empty > mostEmpty && token != "" {
		return fmt.Errorf("bucket %q: the store returned %d empty list pages in a row", p.bucket, p.empty)
	}
	for kind, value := range map[string]string{"continuation token": token, "list page": firstEntry} {
		if value == "" {
			continue
		}
		key := kind + value
		if _, repeated := p.tokens[key]; repeated {
			return fmt.Errorf("bucket %q: the store returned the same %s twice, so the list does not end", p.bucket, kind)
		}
		p.tokens[key] = struct{}{}
	}
	return nil
}
