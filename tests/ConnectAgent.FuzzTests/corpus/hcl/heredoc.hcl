a = <<EOT
first
  second "quoted" {
EOT
b = <<-X
    indented
      more
    X
