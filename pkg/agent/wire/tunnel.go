package wire

const (
	// TunnelProtocol is the protocol of the HTTP Upgrade that opens a tunnel to an agent.
	TunnelProtocol = "batch-tunnel"
	// TunnelPath is the path of the Upgrade request, relative to the root of the agent's network server.
	TunnelPath = "tunnel"
)

// Enrolment is the response to POST /v1/enroll, as JSON. The request is the client's certificate, as PEM.
type Enrolment struct {
	// Certificate is the agent's, as PEM.
	Certificate string `json:"certificate"`
	// Port is where the agent listens for the tunnel.
	Port int `json:"port"`
}
