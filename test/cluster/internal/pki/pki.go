// Package pki keeps a cluster's certificate authority and the certificates that
// it has signed in one directory. It keeps existing certificates that are still valid.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const lifetime = 10 * 365 * 24 * time.Hour

// Identity is the subject of a certificate.
type Identity struct {
	File  string // base name of its files
	User  string // common name
	Group string // organisation
	DNS   []string
	IPs   []netip.Addr
}

// Authority signs certificates and keeps them as DIR/NAME.crt and DIR/NAME.key.
type Authority struct {
	Dir  string
	cert *x509.Certificate
	key  crypto.Signer
}

// Open loads the authority in dir, or makes one.
func Open(dir string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	a := &Authority{Dir: dir}
	if cert, key, err := a.load("ca"); err == nil && fresh(cert) {
		a.cert, a.key = cert, key
		return a, nil
	}
	return a, a.create()
}

func (a *Authority) create() error {
	key, err := newKey()
	if err != nil {
		return err
	}
	template := newTemplate(pkix.Name{CommonName: "kubernetes"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage |= x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("making the certificate authority: %w", err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	a.key = key
	return a.store("ca", der, key)
}

// Issue makes sure that the identity has a certificate of this authority.
func (a *Authority) Issue(id Identity) error {
	if cert, _, err := a.load(id.File); err == nil && a.fits(cert, id) {
		return nil
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	template := newTemplate(pkix.Name{CommonName: id.User})
	if id.Group != "" {
		template.Subject.Organization = []string{id.Group}
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	template.DNSNames, template.IPAddresses = id.DNS, netIPs(id.IPs)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("signing the certificate of %s: %w", id.User, err)
	}
	return a.store(id.File, der, key)
}

// Cert is the path of a certificate; File is its base name.
func (a *Authority) Cert(file string) string { return filepath.Join(a.Dir, file+".crt") }

// Key is the path of a private key.
func (a *Authority) Key(file string) string { return filepath.Join(a.Dir, file+".key") }

// fits reports whether a certificate of the authority is still good for id.
func (a *Authority) fits(cert *x509.Certificate, id Identity) bool {
	equal := func(x, y net.IP) bool { return x.Equal(y) }
	return fresh(cert) && cert.CheckSignatureFrom(a.cert) == nil &&
		cert.Subject.CommonName == id.User &&
		slices.Equal(cert.DNSNames, id.DNS) &&
		slices.EqualFunc(cert.IPAddresses, netIPs(id.IPs), equal)
}

func fresh(cert *x509.Certificate) bool {
	return time.Now().Add(30 * 24 * time.Hour).Before(cert.NotAfter)
}

func netIPs(addrs []netip.Addr) []net.IP {
	ips := make([]net.IP, 0, len(addrs))
	for _, a := range addrs {
		ips = append(ips, a.AsSlice())
	}
	return ips
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func newTemplate(subject pkix.Name) *x509.Certificate {
	currentTime := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(currentTime.UnixNano()),
		Subject:      subject,
		NotBefore:    currentTime.Add(-time.Hour),
		NotAfter:     currentTime.Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func (a *Authority) load(file string) (*x509.Certificate, crypto.Signer, error) {
	certDER, err := readPEM(a.Cert(file))
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := readPEM(a.Key(file))
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(certDER)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParseECPrivateKey(keyDER)
	return cert, key, err
}

func (a *Authority) store(file string, certDER []byte, key *ecdsa.PrivateKey) error {
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	publicDER, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := writePEM(a.Key(file), "EC PRIVATE KEY", keyDER); err != nil {
		return err
	}
	if err := writePEM(filepath.Join(a.Dir, file+".pub"), "PUBLIC KEY", publicDER); err != nil {
		return err
	}
	return writePEM(a.Cert(file), "CERTIFICATE", certDER)
}

func readPEM(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	return block.Bytes, nil
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
