using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Client.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>
/// Reads successful answers. What is not exactly an answer of Consul's is a failure of the server, so that something in between (a proxy, a
/// captive portal, another service on the port) never replaces what is cached.
/// </summary>
internal static class ConsulReplies
{
    /// <summary>The roots document (ca CA-2, CA-3).</summary>
    /// <exception cref="ServerException">Garbage; or the CA is not ready yet (leaf-certificates LEAF-18).</exception>
    public static ServerRead<CaRoots> Roots(ConsulAnswer answer)
    {
        var index = IndexOf(answer);
        var roots = answer.Parse(ConsulJson.Default.CaRoots);
        if (roots.Roots.Count == 0 && roots.ActiveRootId.Length == 0)
        {
            throw new ServerException(FailureKind.Failed, "cluster has no CA bootstrapped yet");
        }

        if (roots.Roots.Any(root => root is null) || roots.TrustDomain.Length == 0
            || roots.Roots.Count(root => root.Active) != 1 || roots.Active!.Id != roots.ActiveRootId)
        {
            throw answer.Garbage("its roots are not one active root and others");
        }

        return roots.Roots.All(root => IsCertificate(root.RootCert))
            ? new ServerRead<CaRoots>(roots, index)
            : throw answer.Garbage("a root is no certificate");
    }

    /// <summary>What is revoked (intentions DEF-12).</summary>
    /// <exception cref="ServerException">Garbage.</exception>
    public static ServerRead<RevocationList> Revoked(ConsulAnswer answer)
    {
        var index = IndexOf(answer);
        var list = answer.Parse(ConsulJson.Default.RevocationList);
        return list.Revoked is null
            ? throw answer.Garbage("it is no revocation list")
            : new ServerRead<RevocationList>(list, index);
    }

    /// <summary>One match for each name, in their order (intentions MAT-2, MAT-3).</summary>
    /// <exception cref="ServerException">Garbage; also an answer that leaves a name out, for a missing list must not read as "no rules".</exception>
    public static ServerRead<IReadOnlyList<IntentionMatch>> Matches(ConsulAnswer answer, MatchNames names)
    {
        var index = IndexOf(answer);
        var reply = answer.Parse(ConsulJson.Default.DictionaryStringIReadOnlyListConsulIntention);
        return new ServerRead<IReadOnlyList<IntentionMatch>>([.. names.Names.Select(name => Match(name))], index);

        IntentionMatch Match(string name)
        {
            if (!reply.TryGetValue(name, out var list))
            {
                throw answer.Garbage("a name that was asked for is missing");
            }

            if (list is not null && list.Any(intention => intention is null || intention.Permissions?.Any(permission => permission is null) == true))
            {
                throw answer.Garbage("an intention is null");
            }

            // PREC-2, whatever order they came in: which one wins is decided here.
            var ours = (list ?? []).Where(intention => intention!.IsOurs).Select(intention => intention!.ToIntention())
                .Order(IntentionPrecedence.Order).ToList();
            return names.ByDestination ? IntentionMatch.ForDestination(ours) : IntentionMatch.ForSource(ours);
        }
    }

    /// <summary>The instances of a service (services HLT-1).</summary>
    /// <exception cref="ServerException">Garbage; also an instance that does not say whose it is, for nobody could tell who may see it.</exception>
    public static ServerRead<ServiceHealth> Health(ConsulAnswer answer)
    {
        var index = IndexOf(answer);
        try
        {
            return new ServerRead<ServiceHealth>(ServiceHealth.Parse(answer.Body, answer.Headers.Contains("X-Consul-Results-Filtered-By-ACLs")), index);
        }
        catch (JsonException error)
        {
            throw answer.Garbage(error.Message);
        }
    }

    /// <summary>A signed leaf; its issuer checks what was signed.</summary>
    /// <exception cref="ServerException">Garbage.</exception>
    public static SignedLeaf Signature(ConsulAnswer answer)
    {
        var signature = answer.Parse(ConsulJson.Default.ConsulSignature);
        return new SignedLeaf(signature.CertPem, signature.ModifyIndex);
    }

    /// <summary>When the token ends that asked (acl ACL-TOK-1); null: it does not.</summary>
    /// <exception cref="ServerException">Garbage.</exception>
    public static DateTimeOffset? Expiration(ConsulAnswer answer)
    {
        var self = answer.Parse(ConsulJson.Default.ConsulToken);
        return self.AccessorId.Length > 0 ? self.ExpirationTime : throw answer.Garbage("a token without an accessor");
    }

    /// <summary>The answers to questions about rights, in their order (acl ACL-AUZ-1).</summary>
    /// <exception cref="ServerException">Garbage; also more or fewer answers than questions.</exception>
    public static IReadOnlyList<bool> Allowed(ConsulAnswer answer, int questions)
    {
        var answers = answer.Parse(ConsulJson.Default.ConsulAclAnswerArray);
        return answers.Length == questions && answers.All(one => one is not null)
            ? [.. answers.Select(one => one!.Allow)]
            : throw answer.Garbage("not one answer for each question");
    }

    /// <summary>A leaf with its key, as a server's agent keeps it.</summary>
    /// <exception cref="ServerException">Garbage, or not accepted.</exception>
    public static ServerRead<T> Leaf<T>(ConsulAnswer answer, Func<DelegatedLeaf, T> accept)
        where T : class
    {
        var index = IndexOf(answer);
        var leaf = answer.Parse(ConsulJson.Default.ConsulLeaf);
        try
        {
            return new ServerRead<T>(accept(new DelegatedLeaf(leaf.CertPem, leaf.PrivateKeyPem)), index);
        }
        catch (LeafRefusedException refused)
        {
            throw answer.Garbage("its leaf is " + refused.Message);
        }
    }

    // 0 is passed on: the engine stores 1, and backs off as after a failure (agent-cache CACHE-17, http-conventions IDX-10).
    private static ulong IndexOf(ConsulAnswer answer) => answer.Index ?? throw answer.Garbage("no X-Consul-Index that is a number");

    private static bool IsCertificate(string pem)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
