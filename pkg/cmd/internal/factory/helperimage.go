package factory

import "github.com/kubectl-batch/kubectl-batch/pkg/helper"

// HelperImageVariable is the environment variable for the image of helper pods, for clusters that mirror images.
const HelperImageVariable = "KUBECTL_BATCH_HELPER_IMAGE"

// HelperImage returns the image of helper pods if no flag sets it: that of the environment, or helper.DefaultImage.
func (f *Factory) HelperImage() string {
	if image, _ := f.LookupEnv(HelperImageVariable); image != "" {
		return image
	}
	return helper.DefaultImage
}
