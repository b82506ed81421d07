using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Roots;

/// <summary>Reads the roots document of a datacenter (ca CA-2, CA-3). Needs no rights.</summary>
internal sealed class RootsRead : IServerReadKind<RootsRequest, CaRoots>
{
    public static RootsRead Instance { get; } = new();

    public string Name => "roots";

    public string TargetOf(RootsRequest request) => "/v1/connect/ca/roots?";

    /// <inheritdoc/>
    /// <exception cref="ServerException">Garbage; or the CA is not ready yet (leaf-certificates LEAF-18).</exception>
    public CaRoots Decode(RootsRequest request, ConsulAnswer answer)
    {
        var roots = answer.Parse(RootsJson.Default.CaRoots);
        if (roots.Roots.Count == 0 && roots.ActiveRootId.Length == 0)
        {
            throw new ServerException(FailureKind.Failed, "cluster has no CA bootstrapped yet");
        }

        if (roots.Roots.Any(root => root is null) || roots.TrustDomain.Length == 0
            || roots.Roots.Count(root => root.Active) != 1 || roots.Active!.Id != roots.ActiveRootId)
        {
            throw answer.Garbage("its roots are not one active root and others");
        }

        return roots.Roots.All(root => IsCertificate(root.RootCert)) ? roots : throw answer.Garbage("a root is no certificate");
    }

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

/// <summary>A missing field that is required, or a null where none may be, is garbage.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CaRoots))]
internal sealed partial class RootsJson : JsonSerializerContext;
