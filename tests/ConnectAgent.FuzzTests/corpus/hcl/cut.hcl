service "web" {
  check = { http = "http://127.0.0.1