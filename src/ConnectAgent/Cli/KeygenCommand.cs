using System.Security.Cryptography;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli;

/// <summary><c>keygen</c>: a key for the reference's gossip; ours has none, but scripts that set up both call it.</summary>
internal static class KeygenCommand
{
    private const int KeyBytes = 32;

    public static CliCommand Create() => CliCommand.Local("keygen", "Makes an encryption key for the gossip of Consul agents.", "keygen", static call =>
        Task.FromResult(call.Done(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)))));
}
