package cmd
import ("testing";"k8s.io/cli-runtime/pkg/genericiooptions";"github.com/kubectl-batch/kubectl-batch/pkg/cmd/program")
func BenchmarkBuild(b *testing.B) {
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	for b.Loop() { build(streams, func(string)(string,bool){return "",false}, program.Program{}) }
}
