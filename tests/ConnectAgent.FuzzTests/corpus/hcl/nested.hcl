a { b { c { d = [ { e = 1 }, { e = [ [ 2 ], [] ] } ] } } }
"quoted key" = true
x "l1" "l2" "l3" { y = false }
