package bucket

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"gopkg.in/ini.v1"
)

// pluginEndpoint returns the endpoint that awscli-plugin-endpoint keeps in a profile, as
//
//	[profile lab]
//	s3 =
//	    endpoint_url = https://s3.example.org
//
// which people had before endpoint_url was a setting of the AWS CLI itself, and which the
// SDK does not read. Empty: there is none.
func pluginEndpoint(profile string) (string, error) {
	if os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true" {
		return "", nil
	}
	path := cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename())
	file, err := ini.LoadSources(ini.LoadOptions{AllowNestedValues: true, SkipUnrecognizableLines: true}, path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	for _, section := range []string{"profile " + profile, profile} {
		key, err := file.Section(section).GetKey("s3")
		if err != nil {
			continue
		}
		for _, line := range key.NestedValues() {
			if endpoint, ok := setting(line, "endpoint_url"); ok {
				return endpoint, nil
			}
		}
	}
	return "", nil
}

// setting reads "name = value".
func setting(line, name string) (value string, ok bool) {
	key, value, ok := strings.Cut(line, "=")
	return strings.TrimSpace(value), ok && strings.TrimSpace(key) == name
}
