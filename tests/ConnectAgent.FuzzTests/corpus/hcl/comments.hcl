# one
// two
/* three
   * / four */ key = 1 # five
other = /* six */ "x" // seven
