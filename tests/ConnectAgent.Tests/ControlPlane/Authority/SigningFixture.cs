using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;
using ConnectAgent.TestKit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>The embedded signer as the agent sees it, and CSRs to put before it.</summary>
public sealed class SigningFixture : IAsyncLifetime
{
    public const string Cluster = "11111111-2222-3333-4444-555555555555";
    public const string Domain = Cluster + ".consul";

    private readonly ServiceProvider _services;

    public SigningFixture()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddControlPlane(new AuthorityOptions { ClusterId = Cluster, Configuration = """{"CSRMaxPerSecond":0}""" }, BlockingLimits.Standard, new AclOptions());
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddEmbeddedServers();
        _services = services.BuildServiceProvider();
    }

    public static ServiceId Web { get; } = new(Domain, "dc1", "web");

    public IServerClient Client => _services.GetRequiredService<IServerClient>();

    public Task InitializeAsync() => _services.GetRequiredService<AuthorityManager>().InitializeAsync();

    public async Task DisposeAsync() => await _services.DisposeAsync();

    public async Task<X509Certificate2> SignAsync(ServiceId identity, ReadOnlyMemory<byte> request) =>
        X509Certificate2.CreateFromPem((await Client.SignLeafAsync(identity, request, string.Empty, CancellationToken.None)).CertificatePem);

    /// <summary>A root that is trusted now.</summary>
    public async Task<X509Certificate2> RootAsync()
    {
        var roots = await Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, TimeSpan.FromMinutes(1))), CancellationToken.None);
        return X509Certificate2.CreateFromPem(roots.Value.Active!.RootCert);
    }

    /// <summary>A CSR with any extensions.</summary>
    public static byte[] RequestOf(ECDsa key, params X509Extension[] extensions)
    {
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        return request.CreateSigningRequest();
    }

    /// <summary>A CSR with any names.</summary>
    public static byte[] RequestOf(ECDsa key, params (int Tag, string Text)[] names) => RequestOf(key, Names(names));

    /// <summary>A subjectAltName: 1 is e-mail, 2 DNS, 6 URI; any other tag gets the text as octets.</summary>
    public static X509Extension Names(params (int Tag, string Text)[] names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var (tag, text) in names)
            {
                var context = new Asn1Tag(TagClass.ContextSpecific, tag);
                if (tag is 1 or 2 or 6)
                {
                    writer.WriteCharacterString(UniversalTagNumber.IA5String, text, context);
                }
                else
                {
                    writer.WriteOctetString(System.Text.Encoding.ASCII.GetBytes(text), context);
                }
            }
        }

        return new X509Extension("2.5.29.17", writer.Encode(), critical: false);
    }

    /// <summary>PKCS#10 put together by hand, so that any part may be wrong; signed with the key over what it says.</summary>
    public static byte[] HandMade(ECDsa key, byte[] publicKey, int version, byte[]? attributes)
    {
        var info = new AsnWriter(AsnEncodingRules.BER);
        using (info.PushSequence())
        {
            info.WriteInteger(version);
            info.WriteEncodedValue(LeafSubject.OfCommonName("x").RawData);
            info.WriteEncodedValue(publicKey);
            using (info.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                if (attributes is not null)
                {
                    info.WriteEncodedValue(attributes);
                }
            }
        }

        return Signed(key, info.Encode());
    }

    /// <summary>A CertificationRequestInfo with its signature.</summary>
    public static byte[] Signed(ECDsa key, byte[] info)
    {
        var whole = new AsnWriter(AsnEncodingRules.BER);
        using (whole.PushSequence())
        {
            whole.WriteEncodedValue(info);
            using (whole.PushSequence())
            {
                whole.WriteObjectIdentifier("1.2.840.10045.4.3.2");
            }

            whole.WriteBitString(key.SignData(info, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return whole.Encode();
    }

    /// <summary>The extensionRequest attribute with one extension.</summary>
    public static byte[] ExtensionRequest(params X509Extension[] extensions)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.9.14");
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                foreach (var extension in extensions)
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(extension.Oid!.Value!);
                        if (extension.Critical)
                        {
                            writer.WriteBoolean(value: true);
                        }

                        writer.WriteOctetString(extension.RawData);
                    }
                }
            }
        }

        return writer.Encode();
    }
}
