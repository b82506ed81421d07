using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>
/// Reads successful answers of calls that are no blocking reads. What is not exactly an answer of Consul's is a failure of the server, so that something in between (a proxy, a
/// captive portal, another service on the port) never replaces what is cached.
/// </summary>
internal static class ConsulReplies
{
    /// <summary>A signed leaf; its issuer checks what was signed.</summary>
    /// <exception cref="ServerException">Garbage.</exception>
    public static SignedLeaf Signature(ConsulAnswer answer)
    {
        var signature = answer.Parse(ConsulJson.Default.ConsulSignature);
        return new SignedLeaf(signature.CertPem, signature.ModifyIndex);
    }

    /// <summary>That a write was done (services CAT-1, CAT-8).</summary>
    /// <exception cref="ServerException">Garbage: anything but <c>true</c>.</exception>
    public static bool Written(ConsulAnswer answer) =>
        answer.Body.Span.Trim("\r\n \t"u8).SequenceEqual("true"u8) ? true : throw answer.Garbage("not the word true");

    /// <summary>When the token ends that asked (acl ACL-TOK-1); null: it does not.</summary>
    /// <exception cref="ServerException">Garbage.</exception>
    public static DateTimeOffset? Expiration(ConsulAnswer answer)
    {
        var self = answer.Parse(ConsulJson.Default.ConsulToken);
        return self.AccessorId.Length > 0 ? self.ExpirationTime : throw answer.Garbage("a token without an accessor");
    }

    /// <summary>The answers to requests about rights, in their order (acl ACL-AUZ-1).</summary>
    /// <exception cref="ServerException">Garbage; also more or fewer answers than requests.</exception>
    public static IReadOnlyList<bool> Allowed(ConsulAnswer answer, int requests)
    {
        var answers = answer.Parse(ConsulJson.Default.ConsulAclAnswerArray);
        return answers.Length == requests && answers.All(one => one is not null)
            ? [.. answers.Select(one => one!.Allow)]
            : throw answer.Garbage("not one answer for each request");
    }
}
