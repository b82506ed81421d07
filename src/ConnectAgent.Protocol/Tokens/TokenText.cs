using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Tokens;

/// <summary>How long the text of a token may be (FA-1).</summary>
public static class TokenText
{
    /// <summary>
    /// In bytes. No token that is issued comes near it; a longer one is unknown (<c>ACL not found</c>), without a look at any table and without asking a server.
    /// </summary>
    [Limit(LimitName, "bytes", "unknown: 403", Refuses = true)]
    public const int Longest = 4096;

    /// <summary>The name of <see cref="Longest"/>.</summary>
    public const string LimitName = "acl.token";

    /// <summary>Stands for every token that is too long, so that none of them is kept, compared or sent anywhere. No header can hold it, and nobody can have it.</summary>
    public const string Unknown = "\0unknown";

    /// <summary>Whether a text is too long to be a token.</summary>
    public static bool IsTooLong(string token) => TextLength.Exceeds(token, Longest);

    /// <summary>What is said of a text that is too long.</summary>
    public static ServerException TooLong() => new(FailureKind.UnknownToken, "ACL not found") { Limit = LimitName };
}
