# Installs a Tongzhou relay as a Windows service that starts with the machine. Run as administrator, beside tongzhou.exe:
#
#   powershell -ExecutionPolicy Bypass -File install-service.ps1
#
# Remove it again:  sc.exe delete TongzhouRelay   (what it kept stays in $data)
param(
    [string]$program = (Join-Path $PSScriptRoot 'tongzhou.exe'),
    [string]$data = (Join-Path $env:ProgramData 'Tongzhou-Relay')
)
$ErrorActionPreference = 'Stop'
$service = 'TongzhouRelay'

New-Item -ItemType Directory -Force -Path $data | Out-Null
# Only the system, administrators and the service read what it keeps.
icacls $data /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-19:(OI)(CI)F' | Out-Null

New-Service -Name $service -DisplayName 'Tongzhou relay' -StartupType Automatic `
    -Description 'Keeps ciphertext for colleagues who are away.' `
    -BinaryPathName "`"$program`" relay --data `"$data`" --status 127.0.0.1:4712" | Out-Null
sc.exe config $service obj= 'NT AUTHORITY\LocalService' | Out-Null
sc.exe failure $service reset= 86400 actions= restart/5000/restart/5000/restart/60000 | Out-Null

New-NetFirewallRule -DisplayName 'Tongzhou relay' -Direction Inbound -Program $program -Protocol TCP -LocalPort 4711 -Action Allow | Out-Null
New-NetFirewallRule -DisplayName 'Tongzhou relay' -Direction Inbound -Program $program -Protocol UDP -LocalPort 4711 -Action Allow | Out-Null

Start-Service $service
while (-not (Test-Path (Join-Path $data 'addresses'))) { Start-Sleep -Milliseconds 500 }
# The link that lets the first team in; the service itself has no screen to print it on.
& $program relay allow --data $data
