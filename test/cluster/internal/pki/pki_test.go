package pki

import (
	"crypto/x509"
	"net/netip"
	"testing"
)

func TestIssue(t *testing.T) {
	dir := t.TempDir()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	id := Identity{
		File: "n", User: "system:node:n", Group: "system:nodes", DNS: []string{"n"},
		IPs: []netip.Addr{netip.MustParseAddr("10.1.2.3")},
	}
	issue := func(id Identity) *x509.Certificate {
		t.Helper()
		if err := a.Issue(id); err != nil {
			t.Fatal(err)
		}
		cert, _, err := a.load(id.File)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	certificate := issue(id)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: "10.1.2.3"}); err != nil {
		t.Error(err)
	}
	if a, err = Open(dir); err != nil { // the next run
		t.Fatal(err)
	}
	if repeated := issue(id); !repeated.Equal(certificate) {
		t.Error("a certificate that fits was replaced")
	}
	id.IPs = []netip.Addr{netip.MustParseAddr("10.1.2.4")}
	if moved := issue(id); moved.Equal(certificate) || moved.VerifyHostname("10.1.2.4") != nil {
		t.Error("a certificate that does not fit was kept")
	}
}
