using System.Buffers;
using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace ConnectAgent.TestKit.Processes;

/// <summary>Every token and private key that the tests of this process gave to an agent or got from one.</summary>
public static partial class Secrets
{
    // Shorter ones are words that may well stand in a log.
    private const int Shortest = 16;

    private static readonly ConcurrentDictionary<string, byte> Known = new(StringComparer.Ordinal);

    // Tests send accessors as secrets, to see them refused; they are none for that.
    private static readonly ConcurrentDictionary<string, byte> Public = new(StringComparer.Ordinal);

    /// <summary>Notes a secret.</summary>
    public static void Add(string? secret)
    {
        if (secret is { Length: >= Shortest } && !secret.Any(char.IsWhiteSpace))
        {
            Known.TryAdd(secret, 0);
        }
    }

    /// <summary>Notes what stands in a document under the names of secrets; of a key each line, because a log may have only one of them.</summary>
    public static void AddFrom(string document)
    {
        foreach (Match match in Accessor().Matches(document))
        {
            Public.TryAdd(match.Groups["value"].Value, 0);
        }

        foreach (Match match in Member().Matches(document))
        {
            foreach (var line in match.Groups["value"].Value.Split("\\n").Where(line => !line.StartsWith("-----", StringComparison.Ordinal)))
            {
                Add(line);
            }
        }
    }

    /// <summary>Finds a secret in what must hold none.</summary>
    /// <returns>Its surroundings, without itself; null for none.</returns>
    public static string? FindIn(string text)
    {
        var secrets = SearchValues.Create([.. Known.Keys.Where(secret => !Public.ContainsKey(secret))], StringComparison.Ordinal);
        var at = text.AsSpan().IndexOfAny(secrets);
        return at < 0 ? null : text[Math.Max(0, at - 200)..at];
    }

    [GeneratedRegex("\"AccessorID\"\\s*:\\s*\"(?<value>[^\"]+)\"", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Accessor();

    [GeneratedRegex(
        "\"(SecretID|Token|BearerToken|ServiceAccountJWT|BootstrapSecret|PrivateKey|PrivateKeyPEM|private_key|master|initial_management|agent_master|agent_recovery|default|acl_\\w*token)\""
        + "\\s*:\\s*\"(?<value>[^\"]+)\"",
        RegexOptions.ExplicitCapture,
        10_000)]
    private static partial Regex Member();
}
