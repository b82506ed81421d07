a = "\n\t\"\\ \u00e9 \U0001F600 \x41"
b = "café 日本"
c = "${name} $${x}"
