service_prefix "" { policy = "read" }
service "web" { policy = "write" intentions = "read" }
agent_prefix "n" { policy = "write" }
operator = "read"
