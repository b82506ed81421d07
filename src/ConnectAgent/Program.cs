using ConnectAgent.Cli;

return await CommandLine.RunAsync(args);
