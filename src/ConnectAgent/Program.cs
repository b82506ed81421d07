using ConnectAgent.Cli;

return await CommandRunner.RunAsync(args);
