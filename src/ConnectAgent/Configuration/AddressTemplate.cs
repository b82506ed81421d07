using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>Addresses that are looked up at the start: <c>{{ GetPrivateIP }}</c> and <c>{{ GetInterfaceIP "eth0" }}</c> (config-and-cli LOAD-9).</summary>
internal static partial class AddressTemplate
{
    private static readonly IPNetwork[] Private = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("100.64.0.0/10")];

    /// <summary>What a text stands for: itself, unless it is a template.</summary>
    /// <exception cref="ConfigurationException">A template that is not known here.</exception>
    public static string Resolve(string key, string text)
    {
        if (!text.Contains("{{", StringComparison.Ordinal))
        {
            return text;
        }

        var match = TemplatePattern().Match(text);
        return match switch
        {
            { Success: true } when match.Groups["function"].Value == "GetPrivateIP" && !match.Groups["name"].Success => PrivateAddress(),
            { Success: true } when match.Groups["function"].Value == "GetInterfaceIP" && match.Groups["name"].Success => AddressOf(match.Groups["name"].Value),
            { Success: true } => throw Refused(key, text, $"template: sockaddr.Parse:1: function {GoQuote.Of(match.Groups["function"].Value)} not defined"),
            _ => throw Refused(key, text, "only {{ GetPrivateIP }} and {{ GetInterfaceIP \"NAME\" }} are known"),
        };
    }

    private static ConfigurationException Refused(string key, string text, string why) => new(ConfigurationException.List([
        $"{key}: error parsing {GoQuote.Of(text)}: unable to parse template {GoQuote.Of(text)}: {why}"]));

    // Nothing where there is none, as with the reference.
    private static string AddressOf(string name) => Addresses(one => one.Name == name).FirstOrDefault()?.ToString() ?? string.Empty;

    private static string PrivateAddress() =>
        Addresses(static one => one.NetworkInterfaceType != NetworkInterfaceType.Loopback).FirstOrDefault(static address => Array.Exists(Private, network => network.Contains(address)))
            ?.ToString() ?? string.Empty;

    private static IEnumerable<IPAddress> Addresses(Func<NetworkInterface, bool> isOne) => NetworkInterface.GetAllNetworkInterfaces()
        .Where(one => one.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown && isOne(one))
        .SelectMany(static one => one.GetIPProperties().UnicastAddresses.Select(static unicast => unicast.Address))
        .Where(static address => address.AddressFamily == AddressFamily.InterNetwork || !address.IsIPv6LinkLocal)
        .OrderBy(static address => address.AddressFamily);

    [GeneratedRegex("^\\{\\{ *(?<function>[A-Za-z]+)( +\"(?<name>[^\"]*)\")? *\\}\\}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TemplatePattern();
}
