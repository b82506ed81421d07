service "web" {
  port = 8080
  tags = ["a", "b",]
  connect { sidecar_service {} }
}
service "db" { port = 5432 }
