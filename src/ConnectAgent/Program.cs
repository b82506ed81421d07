using System.Runtime.Versioning;
using ConnectAgent.Cli;

// File modes, signals and Unix sockets are part of the product.
[assembly: UnsupportedOSPlatform("windows")]

return await CommandLine.RunAsync(args);
