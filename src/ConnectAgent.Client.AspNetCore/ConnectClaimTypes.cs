using System.Security.Claims;

namespace ConnectAgent.Client.AspNetCore;

/// <summary>What the principal of a peer claims. All of it is from its verified certificate.</summary>
public static class ConnectClaimTypes
{
    /// <summary>The SPIFFE ID as it stands in the certificate; the principal also has it as <see cref="ClaimTypes.NameIdentifier"/>.</summary>
    public const string SpiffeId = "connect-agent/spiffe-id";

    /// <summary>The service's name; it is the principal's name, too.</summary>
    public const string Service = "connect-agent/service";

    /// <summary>The service's namespace.</summary>
    public const string Namespace = "connect-agent/namespace";

    /// <summary>The service's datacenter.</summary>
    public const string Datacenter = "connect-agent/datacenter";

    /// <summary>The certificate's serial number: hex octets joined by colons.</summary>
    public const string SerialNumber = "connect-agent/serial-number";

    internal static ClaimsPrincipal PrincipalOf(PeerIdentity peer)
    {
        Claim[] claims =
        [
            Of(ClaimTypes.NameIdentifier, peer.Uri),
            Of(SpiffeId, peer.Uri),
            Of(Service, peer.Service),
            Of(Namespace, peer.Id.Namespace),
            Of(Datacenter, peer.Id.Datacenter),
            Of(SerialNumber, peer.SerialNumber),
        ];
        return new ClaimsPrincipal(new ClaimsIdentity(claims, ConnectAuthenticationDefaults.Scheme, Service, roleType: null));
    }

    private static Claim Of(string type, string value) => new(type, value, ClaimValueTypes.String, ConnectAuthenticationDefaults.Scheme);
}
