using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Leaves;

/// <summary>
/// Makes a key and a CSR, has it signed, and checks what comes back (leaf-certificates LEAF-30). The key stays here; only where the servers cannot
/// sign, and the operator chose it, leaf and key come from them (LEAF-34).
/// </summary>
internal sealed class LeafIssuer(IServerClient servers, DelegatedLeafRead? elsewhere = null)
{
    /// <summary>Issues a new leaf with a new key (LEAF-32), or reads the one that the servers keep.</summary>
    /// <exception cref="ServerException">From the signer, or because its answer is not what was asked for.</exception>
    public async Task<IssuedLeaf> IssueAsync(ServiceId identity, string token, ulong previousIndex, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            var signed = await servers.SignLeafAsync(identity, CreateRequest(identity, key), token, cancellationToken);

            // LEAF-54: readers rely on an index that grows, whatever the server gives.
            var index = Math.Max(signed.Index, previousIndex + 1);
            var leaf = LeafReader.Read(identity, signed.CertificatePem, key.ExportECPrivateKeyPem() + "\n", index, now: null, key.ExportSubjectPublicKeyInfo());
            return new IssuedLeaf(new ServerRead<LeafCertificate>(leaf, index), null);
        }
        catch (LeafRefusedException refused)
        {
            throw new ServerException(FailureKind.Failed, "the signer returned " + refused.Message, refused);
        }
        catch (ServerException error) when (error.Kind == FailureKind.Unsupported && elsewhere is not null)
        {
            var read = await ReadAsync(identity, token, 0, cancellationToken);
            var index = Math.Max(read.Index, previousIndex + 1);
            return new IssuedLeaf(new ServerRead<LeafCertificate>(read.Value with { CreateIndex = index, ModifyIndex = index }, index), read.NextFrom(0));
        }
    }

    /// <summary>Looks once more at a leaf that the servers keep.</summary>
    /// <param name="index">Of the last look; the call is held until it differs.</param>
    public Task<ServerRead<LeafCertificate>> ReadAsync(ServiceId identity, string token, ulong index, CancellationToken cancellationToken) =>
        servers.ReadAsync(
            elsewhere!,
            identity,
            new ServerQuery(identity.Datacenter, token, new BlockingQuery(index, TimeSpan.FromMinutes(10))),
            cancellationToken);

    /// <summary>The PKCS#10 of CERT-70: common name and one URI, nothing else.</summary>
    internal static byte[] CreateRequest(ServiceId identity, ECDsa key)
    {
        var request = new CertificateRequest(LeafSubject.Of(identity), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(SanExtension.Create(identity.ToString(), request.SubjectName));
        return request.CreateSigningRequest();
    }
}

/// <summary>A leaf and where it comes from.</summary>
/// <param name="ElsewhereIndex">The servers' own index of a leaf that they keep; null for one that was signed for a key made here.</param>
internal sealed record IssuedLeaf(ServerRead<LeafCertificate> Read, ulong? ElsewhereIndex);
